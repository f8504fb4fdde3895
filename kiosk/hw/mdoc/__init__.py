"""How a kiosk and a phone exchange the messages of a mobile licence: by Bluetooth, or held to a contactless reader."""
