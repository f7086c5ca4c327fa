"""What the store holds of instruments, as model and map take it; nothing here draws."""
