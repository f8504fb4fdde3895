"""Touch terminals and store hub for a medical-cannabis dispensary."""
