#include <cstdio>

char p[205][205];
char line[205];

int main() {
    int h, w;
    if (scanf("%d %d", &h, &w) != 2) return 0;
    for (int i = 0; i < h; i++) {
        if (scanf("%204s", p[i]) != 1) return 0;
    }
    for (int j = 0; j < w; j++) {
        for (int i = 0; i < h; i++) line[h - 1 - i] = p[i][j];
        line[h] = '\0';
        puts(line);
    }
    return 0;
}
