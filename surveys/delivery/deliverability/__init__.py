"""How well mail arrives: what is counted, the rates against the limits of the large providers, and stopping in time."""
