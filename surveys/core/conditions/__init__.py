"""The condition language: who belongs, in JSON, in SQL, in Python and in words. docs/conditions.md explains it.

    {"all": [{"field": "p.plan", "op": "one_of", "value": ["Pro", "Team"]},
             {"none": [{"field": "last_asked", "op": "in_last", "value": 90}]}]}

`tree` is its shape, `catalogue` what can be asked about, `validation` turns JSON into a tree (with `values`),
`compiler` a tree into SQL with parameters, `evaluator` says of one row whether a tree holds (from `facts`), `words`
turns a tree into a sentence. {} is everyone. Every comparison with an unset value is false; `none` negates that.

A stored condition has no version: fields and operators are only ever added, and what a stored one means never changes.
"""
