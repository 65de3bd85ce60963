"""Pages that tell people apart: segments, two sides, who answered, what they are worth."""
