"""What the sample company has made of its answers: conversations, rules and what they did, links, the bell. See `filling`."""
