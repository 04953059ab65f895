"""Starts several workers on this machine."""
