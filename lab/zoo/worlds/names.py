"""Words of the worlds: people, places and things. Plain data."""

FIRST_NAMES = (
    "Ned", "Ivy", "Ben", "Ada", "Tom", "Eva", "Max", "Zoe", "Leo", "Amy", "Sam", "Ida",
    "Kai", "Uma", "Jon", "Fay", "Gus", "Liv", "Rex", "Nia", "Oli", "Pia", "Hal", "Mia",
)  # fmt: skip
LAST_NAMES = (
    "Stone", "Reed", "Marsh", "Brook", "Hill", "Frost", "Lake", "Wood", "Field", "Vale", "Moor", "Glen",
    "Ford", "Cliff", "Dale", "Heath", "Thorn", "Ash", "Birch", "Fern", "Rowan", "Shore", "West", "North",
)  # fmt: skip
TOWNS = ("Brul", "Tarn", "Oske", "Mirr", "Velt", "Quon", "Drase", "Lumo", "Peth", "Sark", "Yeld", "Wick")
BIRTHPLACES = ("Arno", "Beck", "Cald", "Dorm", "Esk", "Fenn", "Gard", "Hune", "Ilk", "Jarl", "Kerr", "Lorn")
JOBS = (
    "baker", "tailor", "nurse", "potter", "farmer", "judge", "pilot", "miner", "teacher", "painter", "smith", "guard",
)  # fmt: skip
PETS = ("cat", "dog", "goat", "parrot", "rabbit", "horse", "turtle", "hen", "mouse", "fox", "swan", "bee")
DRINKS = ("tea", "coffee", "milk", "cider", "water", "juice", "cocoa", "wine", "broth", "beer", "soda", "mead")
INSTRUMENTS = (
    "lute", "drum", "flute", "harp", "horn", "fiddle", "bell", "organ", "cello", "banjo", "pipe", "gong",
)  # fmt: skip
