"""Alerts of users: rules as data, what they fire on, and in which words; pure, no clock."""
