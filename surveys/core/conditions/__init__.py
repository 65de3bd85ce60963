"""The condition language: who belongs, in JSON, in SQL and in words.

    {"all": [{"field": "p.plan", "op": "one_of", "value": ["Pro", "Team"]}, {"field": "last_asked", "op": "not_set"}]}

`tree` is its shape, `catalogue` what can be asked about, `validation` turns JSON into a tree, `compiler` a tree into
SQL with parameters, `words` a tree into a sentence. {} is everyone. Every comparison with an unset value is false.
"""
