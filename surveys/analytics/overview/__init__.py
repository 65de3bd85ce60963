"""The overview: figures, annotations, what needs attention."""
