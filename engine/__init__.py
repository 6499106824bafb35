"""Everything that is true without a browser, top to bottom.

worker      background process: jobs, timers, sealing of the log
desk        use cases, named like the pages (inbox, case, board, draw, registry …)
domain      the regulation's nouns: plan, draw, inspection, substitution, publication …
runtime     the BPM machine: knows processes, work items and jobs, no inspection
rules       FEEL expressions and DMN decision tables
operation   the catalogue of verbs that a diagram may call
audit       the append-only, chained log
access      who may do what: composed predicates
people      bureaus, sections, persons, posts
storage     database, evidence files, migrations
clock markup settings errors
"""
