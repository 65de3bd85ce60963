"""The embedded default of `make run`: own servers from wheels, one supervised process tree, a local mailbox."""
