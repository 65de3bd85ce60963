"""From an uploaded list to customers, in the order in which a list passes through:

reading (bytes → records with their lines) → columns (what each becomes) → staging (records → typed rows, by COPY)
→ folding (repeated lines → one row per person) → merging (rows → customers).
"""
