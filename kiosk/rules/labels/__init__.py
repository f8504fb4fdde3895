"""Dispensing labels: templates that are law as data, facts of one dispense, and the label made of both."""
