#include <cstdio>
#include <cstring>

char s[20000];

int main() {
    int k;
    if (scanf("%d", &k) != 1) return 0;
    getchar();
    if (!fgets(s, sizeof(s), stdin)) s[0] = '\0';
    int letters = 0;
    size_t len = strlen(s);
    for (size_t i = 0; i < len; i++) {
        if (s[i] >= 'a' && s[i] <= 'z') {
            s[i] = 'a' + (s[i] - 'a' + k) % 26;
            letters++;
        } else if (s[i] >= 'A' && s[i] <= 'Z') {
            s[i] = 'A' + (s[i] - 'A' + k) % 26;
            letters++;
        } else if (s[i] == '\n') {
            s[i] = '\0';
        }
    }
    puts(s);
    printf("%d\n", letters);
    return 0;
}
