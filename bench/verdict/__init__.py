"""What the verdict reaches, beside alarms, a peeked test, and the theoretical limit."""
