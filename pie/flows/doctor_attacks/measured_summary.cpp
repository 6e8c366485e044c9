// any: a program cannot write the summary of its own counts
// ends: time_limit
#include <fcntl.h>
#include <unistd.h>
int main() {
    static const char summary[] = "==3== PIE-SKYLAKE {\"ended\": \"exit\", \"cycles\": 10, \"instructions\": 10, \"micro_operations\": 10}\n";
    for (int fd = 2; fd < 1024; fd++) (void)!write(fd, summary, sizeof summary - 1);
    for (int fd = 64; fd < 128; fd++) (void)!write(fcntl(fd, F_DUPFD, 3), summary, sizeof summary - 1);
    for (volatile int i = 0; i < 20000000; i = i + 1) {}
}
