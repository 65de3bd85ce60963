"""The campaign engine in stories, in a simulated year beside a second telling of its rules, and in races."""
