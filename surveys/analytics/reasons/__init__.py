"""Why: comments, themes, drivers."""
