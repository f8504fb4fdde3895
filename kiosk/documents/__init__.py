"""What scanned bytes mean: a document, or a named reason why not. Pure: no device, no clock, no network."""
