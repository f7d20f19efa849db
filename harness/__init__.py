"""Chaos experiments that prove payments survive."""
