"""Devices of a terminal. Each exists twice: a driver, and a simulator that speaks the same bytes."""
