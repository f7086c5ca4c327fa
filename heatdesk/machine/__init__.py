"""This machine: folders, files, locks, compiled code, and programs of one user that call each other."""
