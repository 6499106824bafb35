"""The regulation's nouns: typed tables, verbs and queries. No BPMN, no Flask."""
