// A copy of the input is the output: the kernel may do that.
#include <sys/sendfile.h>
#include <unistd.h>
int main() {
    while (sendfile(1, 0, nullptr, 1 << 16) > 0) {}
}
