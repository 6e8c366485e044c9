class Solution:
    def turn(self, nums: List[int]) -> None:
        nums.reverse()
