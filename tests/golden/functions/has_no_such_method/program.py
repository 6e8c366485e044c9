class Solution:
    pass
