"""The rules: FEEL, the one expression language, and DMN, the decision tables written in it."""
