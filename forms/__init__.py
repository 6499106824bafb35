"""What a person is asked: one form-js JSON per human step, and the Python that reads, checks and fills it.

definition   form-js JSON → field model; unknown components, attributes and names are refused by name
attributes   each attribute of a component, checked on its own
model        the field model itself: Form, Component, Choice, Rules
condition    `conditional.hide` and computed values in FEEL, and a condition in words for pages without script
schema       field model → marshmallow Schema; answers in, JSON-able answers out, or sentences per field
fields       the types of our own: money in fen, signature, photo, stored file, clause
post         an HTML form post (name → list of texts) → answers
page, words  a form ready for the templates; a condition said in words
"""
