"""The exchanges: archives now, live feeds later. The only room that knows their formats."""
