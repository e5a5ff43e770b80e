"""Renders templates of our own, which use what templates with tools, strict turns and masks use, by transformers' apply_chat_template machinery.

usage: python3 render_own.py RENDERING.json OUT_DIR     (conversations and tools are taken from a rendering made before)
made with: transformers 5.12.1, jinja2 3.1.6.  The clock is fixed to 2024-07-26 12:34:56.
"""
import sys, json, datetime as _dt
import transformers.utils.chat_template_utils as ctu
class FixedDatetime(_dt.datetime):
    @classmethod
    def now(cls, tz=None): return cls(2024, 7, 26, 12, 34, 56)
ctu.datetime = FixedDatetime
OWN = {
 # variables with defaults, the date, a list of tools as indented JSON, calls and results, one call at a time
 "own_tools": """{#- A letter head, then a list of tools, then a play. -#}
{%- macro part(name, text) -%}== {{ name }}\n{{ text | trim }}\n{% endmacro -%}
{%- macro catalogue(list) -%}
    {%- for tool in list %}{{ loop.index }}) {{ tool | tojson(indent=4) }}{{ "\n" if not loop.last }}{% endfor -%}
{%- endmacro -%}
{%- set day = day if day is defined else (strftime_now("%d %b %Y") if strftime_now is defined else "unknown") -%}
{%- set catalogue_last = catalogue_last if catalogue_last is defined else true -%}
{%- set wanted = own_tools if own_tools is defined else tools -%}
{%- set hidden = skills | reject("equalto", "calc") | join(", ") if skills is defined else "" -%}
{{- bos_token ~ "play of " ~ day ~ "\n" -}}
{%- if hidden %}{{ "skills: " + hidden + "\n" }}{% endif -%}
{%- set play = messages | rejectattr("role", "equalto", "system") | list -%}
{%- for m in messages if m.role == "system" %}{{ part("stage", m["content"]) }}{% endfor -%}
{%- if wanted is not none and not catalogue_last %}{{ part("tools", catalogue(wanted)) }}{% endif -%}
{%- if play | length == 0 and wanted is not none %}{{ raise_exception("Nobody speaks.") }}{% endif -%}
{%- for m in play -%}
    {%- if loop.first and wanted is not none and catalogue_last %}{{ part("tools", catalogue(wanted)) }}{% endif -%}
    {%- if m.tool_calls is defined and m["tool_calls"] -%}
        {%- if m.tool_calls | length > 1 %}{{ raise_exception("One call at a time, not " ~ (m.tool_calls | length)) }}{% endif -%}
        {%- set f = (m.tool_calls | first).function -%}
        {%- if skills is defined and f.name in skills -%}
            {%- for k, v in f.arguments | items %}{{ k }}={{ v | tojson }}{{ ", " if not loop.last else "\n" }}{% endfor -%}
        {%- else -%}
            {{- part("call", f.name ~ " " ~ (f.arguments if f.arguments is string else f.arguments | tojson)) -}}
        {%- endif -%}
    {%- elif m.role in ["tool", "ipython"] -%}
        {{- part("result", m.content if m.content is string else m.content | tojson) -}}
    {%- elif m.content is iterable and m.content is not string and m.content is not mapping -%}
        {{- part(m.role, m.content | map(attribute="text") | join) -}}
    {%- else -%}
        {{- part(m.role, m["content"] + "") -}}
    {%- endif -%}
{%- endfor -%}
{{- "== assistant\n" if add_generation_prompt -}}
""",
 # strict turns: parity of loop.index0, roles renamed by a dict, parts of content, a system text carried into the first turn
 "own_turns": """{%- set names = {"assistant": "bot"} -%}
{%- set state = namespace(carried="", turn=0) -%}
{{- bos_token -}}
{%- for m in messages -%}
    {%- if m["role"] == "system" -%}
        {%- if not loop.first %}{{ raise_exception("Late system at " ~ loop.index0) }}{% endif -%}
        {%- set state.carried = (m.content if m.content is string else m.content[0]["text"]) ~ "\n\n" -%}
        {%- continue -%}
    {%- endif -%}
    {%- if (state.turn % 2 == 1) != (m.role == "assistant") %}{{ raise_exception("Out of turn: " + m.role) }}{% endif -%}
    {{- "((" ~ names.get(m.role, m.role) ~ "\n" ~ state.carried -}}
    {%- set state.carried = "" -%}
    {%- set state.turn = state.turn + 1 -%}
    {%- if m.content is none %}{{ raise_exception("Silence") }}
    {%- elif m.content is string %}{{ m.content | trim }}
    {%- else -%}
        {%- for part in m.content -%}
            {%- if part.type == "text" %}{{ part.text.strip() }}{% elif part.type == "image" %}((image)){% else %}{{ raise_exception("Unknown part") }}{% endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- "))\n" -}}
{%- endfor -%}
{%- if add_generation_prompt %}{{ "((bot\n" }}{% endif -%}
""",
 # masks: what a template for training marks
 "own_masks": """{%- macro said(m) -%}{{ m.content if m.content is string else m.content | tojson }}{%- endmacro -%}
{%- for m in messages %}
{{ '<' ~ m.role ~ '>' }}
{%- if m.role == 'assistant' %}
    {%- generation %}
{{ said(m) }}{{ eos_token }}
    {%- endgeneration %}
{%- else %}
{{ said(m) }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<assistant>' }}{% endif %}
""",
}
EXTRA = {"own_tools": [{"day": "01 Jan 2025"}, {"catalogue_last": False}, {"skills": ["get_weather", "calc"]}], "own_turns": [], "own_masks": []}
base = json.load(open(sys.argv[1])); toks = {"bos_token": "<s>", "eos_token": "</s>"}
for name, template in OWN.items():
    rows = []
    for conv, messages in base["conversations"].items():
        variants = [dict(add_generation_prompt=g, **x) for g in (False, True) for x in [{}] + EXTRA[name]]
        if messages and messages[-1]["role"] == "assistant": variants.append(dict(continue_final_message=True))
        for v in variants:
            for tools in ([None, base["tools"][conv]] if conv in base["tools"] else [None]):
                row = {"conversation": conv, "tools": tools is not None, "args": v}
                try:
                    texts, ranges = ctu.render_jinja_template([messages], tools=tools, chat_template=template, return_assistant_tokens_mask=name == "own_masks", **toks, **v)
                    row["text"] = texts[0]
                    if name == "own_masks" and "continue_final_message" not in v: row["generation_indices"] = [list(r) for r in ranges[0]]
                except Exception as e: row["error"] = type(e).__name__; row["message"] = str(e)[:160].split("\n")[0]
                rows.append(row)
    d = {"name": name, "source": "ours", "versions": base["versions"], "special_tokens": toks, "chat_template": template, "conversations": base["conversations"], "tools": base["tools"], "cases": rows}
    json.dump(d, open(f"{sys.argv[2]}/{name}.json", "w"), ensure_ascii=True, separators=(",", ":")); print(name, len(rows), sum("error" in r for r in rows))
