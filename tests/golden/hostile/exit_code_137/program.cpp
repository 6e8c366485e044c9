// Codes that a supervisor might take for its own.
int main() { return 137; }
