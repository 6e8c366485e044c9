// Requests that change nothing for anybody: a name, advice, a hint.
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
int main() {
    char name[16] = "";
    pthread_setname_np(pthread_self(), "worker");
    prctl(PR_GET_NAME, name);
    void *block = std::aligned_alloc(1 << 21, 1 << 21);
    std::printf("%s %d %d\n", name, posix_fadvise(0, 0, 0, POSIX_FADV_SEQUENTIAL), madvise(block, 1 << 21, MADV_DONTNEED));
}
