"""The SOPs, written once as generators, and the runner that keeps their answers."""
