"""The tests of recording and attaching."""
