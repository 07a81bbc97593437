"""Accounts: who somebody is, what they may ask for, and what they wish."""
