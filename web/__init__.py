"""The pages and the commands. Nothing is decided here: routes ask forms what was answered, the desk acts.

`app.py` wires the pages on one screen; `cli.py` finds a command's module when it is called, so that none
pays for others.
"""
