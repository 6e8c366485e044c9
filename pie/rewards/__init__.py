"""Measured speed as a reward for reinforcement learning.

from pie.rewards import speed_reward
trainer = trl.GRPOTrainer(model, reward_funcs=speed_reward(testcases="test_cases"), ...)
"""

from pie.rewards.scale import Scale, reward_of
from pie.rewards.speed import SpeedReward, speed_reward

__all__ = ["Scale", "SpeedReward", "reward_of", "speed_reward"]
