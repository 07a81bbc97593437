"""What a running comment says of trouble and manner, by the words of those who write them."""

FLAGS = ("slow_start", "hampered", "wide", "eased", "strong_finish", "unsound")
_WORDS = {
    "slow_start": (
        "slow", "missed break", "dwelt", "awkward",
        "出閘緩慢", "出閘僅屬一般", "出閘一般", "出閘笨拙", "失地",
    ),
    "hampered": (
        "blocked", "bumped", "hampered", "checked", "steadied", "no room", "short of room", "crowded",
        "受困", "受阻", "碰撞", "擠迫", "受妨礙", "勒避", "收慢", "未能望空",
    ),
    "wide": ("wide", "外疊", "第三疊", "第四疊", "第五疊", "最外疊", "沒有遮擋"),
    "eased": ("eased", "weakened", "tired", "墮退", "乏力", "轉弱", "無再發力"),
    "strong_finish": (
        "strongly", "finished well", "ran on", "closed well", "kept on well", "stayed on",
        "追前", "勁勢", "佳勢", "最為接近",
    ),
    "unsound": ("bled", "lame", "流鼻血", "不良於行", "心律", "氣管有血"),
}  # fmt: skip


def flags_of(comment: str) -> tuple[float, ...]:
    """1 for each of FLAGS that the comment speaks of, 0 where it does not, NaN of no comment.

    >>> dict(zip(FLAGS, flags_of("Slow into stride, bumped start; eased late"), strict=True))["hampered"]
    1.0
    """
    if not comment:
        return (float("nan"),) * len(FLAGS)
    text = comment.lower()
    return tuple(float(any(word in text for word in _WORDS[flag])) for flag in FLAGS)
