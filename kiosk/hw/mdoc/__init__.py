"""How a kiosk and a phone exchange the messages of a mobile licence: the port, its framing, and a loop-back."""
