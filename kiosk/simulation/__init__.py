"""Whole store days with the real program on a clock, a network and disks that are not."""
