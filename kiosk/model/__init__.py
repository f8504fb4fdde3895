"""The nouns: what the store deals with, as frozen structs. Knows nobody, does nothing."""
