"""The words of the tab “Break it”."""

from __future__ import annotations

_EN = {
    "tab.break": "Break it",
    "break.sender": "sender (sees the facts)", "break.receiver": "receiver (sees the question)",
    "break.channel": "handed over", "break.change": "what is broken", "break.seed": "problem", "break.depth": "depth",
    "break.steps": "latent steps", "break.new": "New problem", "break.try": "Hand over",
    "break.n": "problems", "break.measure": "Measure this", "break.measure_card": "Measure the whole card again",
    "break.stop": "Stop", "break.predict": "Predict first", "break.guess": "Your guess: right answers of 100",
    "break.reveal": "Reveal", "break.show": "figure", "break.metric": "metric",
    "break.demo.same": "1 Same model", "break.demo.weights": "2 Other weights", "break.demo.layer": "3 Wrong layer",
    "break.demo.map": "4 Fitted map", "break.demo.third": "5 Third model",
    "break.hint": "Choose what to break, or open a card below; then press Hand over.",
    "break.stopping": "Stopping before the next batch; what is finished is kept.",
    "break.no_base": "No pocket model is on this machine yet: train one with python -m lab zoo train pocket-base.",
    "js.break.embedding": "embedding", "js.break.layer": "layer {n}", "js.break.last": "layer {n} (last)",
    "js.break.stage": "Layers of sender and receiver, and what is handed over between them",
    "js.break.correct": "Correct hand-over", "js.break.this": "This hand-over", "js.break.none": "None",
    "js.break.not_yet": "press Hand over", "js.break.predict_first": "predict, then reveal",
    "js.break.lens": "Each thought: what the sender's head says, and below the "
    "receiver's nearest input word",
    "js.break.lens_note": "A readout shows what a vector resembles, not what it does.",
    "js.break.sees_facts": "only the sender sees:", "js.break.both": "the receiver is asked:",
    "js.break.truth": "(right: {x})",
    "js.break.light.works": "works: near the ceiling", "js.break.light.partly": "works in part",
    "js.break.light.fails": "fails: at the floor", "js.break.light.mixed": "depends on the channel or the case",
    "js.break.gallery": "Constraints", "js.break.choose_card": "Open a card for what was measured. "
    "● works, ◐ in part, ○ fails, ◒ depends.",
    "js.break.meter": "Share of right answers with its 95 % interval; the grey span reaches from nothing handed over "
    "to the unbroken method or the same sender's words, whichever is lower. Click a line to put it on the stage.",
    "js.break.no_figures": "Not measured on this machine yet: press “Measure the whole card again”.",
    "js.break.missing": "{n} conditions are not available here",
}  # fmt: skip
_ZH = {
    "tab.break": "打破它",
    "break.sender": "发送方（看到事实）", "break.receiver": "接收方（只看到问题）", "break.channel": "交接内容",
    "break.change": "破坏了什么", "break.seed": "题号", "break.depth": "深度", "break.steps": "潜在步数",
    "break.new": "换一题", "break.try": "交接", "break.n": "题数", "break.measure": "测量此项",
    "break.measure_card": "重新测量整张卡片", "break.stop": "停止", "break.predict": "先预测",
    "break.guess": "你的预测：100 题中答对几题", "break.reveal": "揭晓", "break.show": "图", "break.metric": "指标",
    "break.demo.same": "1 同一模型", "break.demo.weights": "2 其他权重", "break.demo.layer": "3 错误的层",
    "break.demo.map": "4 拟合映射", "break.demo.third": "5 第三个模型",
    "break.hint": "选择要破坏的条件，或打开下面的卡片，然后按“交接”。",
    "break.stopping": "将在下一批之前停止；已完成的会保留。",
    "break.no_base": "本机还没有口袋模型：先运行 python -m lab zoo train pocket-base。",
    "js.break.embedding": "嵌入", "js.break.layer": "第 {n} 层", "js.break.last": "第 {n} 层（末层）",
    "js.break.stage": "发送方与接收方的各层，以及它们之间的交接",
    "js.break.correct": "正确的交接", "js.break.this": "这次交接", "js.break.none": "不交接",
    "js.break.not_yet": "请按“交接”", "js.break.predict_first": "先预测，再揭晓",
    "js.break.lens": "每一步思维：上为发送方输出头的词，下为接收方最近的输入词",
    "js.break.lens_note": "读出只说明向量像什么，不说明它起什么作用。",
    "js.break.sees_facts": "只有发送方看到：", "js.break.both": "接收方被问：", "js.break.truth": "（正确：{x}）",
    "js.break.light.works": "可行：接近上限", "js.break.light.partly": "部分可行",
    "js.break.light.fails": "失败：与下限相同", "js.break.light.mixed": "视通道或情形而定",
    "js.break.gallery": "约束", "js.break.choose_card": "打开卡片查看测量结果。● 可行，◐ 部分，○ 失败，◒ 视情况。",
    "js.break.meter": "答对比例及 95 % 区间；灰色区间从不交接到同一发送方的文字。点击一行可放到台上。",
    "js.break.no_figures": "本机尚未测量：按“重新测量整张卡片”。", "js.break.missing": "{n} 个条件在本机不可用",
}  # fmt: skip
WORDS = {"en": _EN, "zh": _ZH}
