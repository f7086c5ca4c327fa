"""The shaders: one for each step from a map to its colours, in what GLSL 3.30 and ES 3.00 have in common.

All but the last draw into a texture of whole numbers or bytes whose texel is the one that is computed. `SHADE` draws
what is pooled onto the screen.
"""

from __future__ import annotations

from typing import Final

HEADERS: Final = {
    False: "#version 330 core\n",
    True: "#version 300 es\nprecision highp float;\nprecision highp int;\nprecision highp sampler2DArray;\n"
    "precision highp usampler2D;\nprecision highp sampler2D;\n",
}

# Four corners out of nothing: everything is drawn over the whole of the viewport.
COVER: Final = """
void main() {
    gl_Position = vec4(float(gl_VertexID & 1) * 2.0 - 1.0, float(gl_VertexID >> 1) * 2.0 - 1.0, 0.0, 1.0);
}
"""

# Two sides into the codes (cell_codes) of what is looked at: texel (row, column).
MIX: Final = """
uniform sampler2DArray sides;   // long, short: USD per bin at (row, slot)
uniform usampler2D ages;        // the window of age of each cell
uniform int first_slot;         // the slot of column 0: slots are a ring
uniform int side;               // 0 both, 1 long, 2 short, 3 net
uniform int rendering;          // 0 raw, 1 smoothed, 2 bands
uniform bool by_age;
uniform float scale;
out uint code;

const uint NO_NUMBER = 0x7F800001u;

bool is_number(float value) {
    return (floatBitsToUint(value) & 0x7FFFFFFFu) < NO_NUMBER;
}

ivec2 slot_of(ivec2 cell) {
    return ivec2(cell.x, (cell.y + first_slot) % textureSize(sides, 0).y);
}

float standing(ivec2 cell) {
    ivec2 slot = slot_of(cell);
    float above = side == 1 ? 0.0 : texelFetch(sides, ivec3(slot, 1), 0).r;
    float below = side == 2 ? 0.0 : texelFetch(sides, ivec3(slot, 0), 0).r;
    if (side == 1) return below;
    if (side == 2) return above;
    return side == 3 ? above - below : below + above;
}

// One sign of a cell, never negative; nothing beyond the map's first and last row.
float part(int row, int column, float which) {
    if (row < 0 || row >= textureSize(sides, 0).x) return 0.0;
    float value = which * standing(ivec2(row, column));
    return is_number(value) ? max(value, 0.0) : 0.0;
}

float smoothed(int row, int column, float which) {
    float own = part(row, column, which);
    float one_below = part(row - 1, column, which), one_above = part(row + 1, column, which);
    float mean = part(row - 2, column, which) * 0.0625;
    mean += one_below * 0.25;
    mean += own * 0.375;
    mean += one_above * 0.25;
    mean += part(row + 2, column, which) * 0.0625;
    return max(own, min(mean, max(one_below, one_above)));
}

float closed(int row, int column, float which) {
    float around[9];
    for (int k = 0; k < 9; k++) around[k] = part(row + k - 4, column, which);
    float least = 0.0;
    for (int k = 0; k < 5; k++) {
        float most = around[k];
        for (int j = 1; j < 5; j++) most = max(most, around[k + j]);
        least = k == 0 ? most : min(least, most);
    }
    return least;
}

float along_price(ivec2 cell) {
    if (rendering == 0) return standing(cell);
    float above = rendering == 1 ? smoothed(cell.x, cell.y, 1.0) : closed(cell.x, cell.y, 1.0);
    if (side != 3) return above;
    float below = rendering == 1 ? smoothed(cell.x, cell.y, -1.0) : closed(cell.x, cell.y, -1.0);
    return above >= below ? above : -below;
}

// A float16 rounded to the nearest, ties to even, with its sign at the end.
uint encoded(float value) {
    uint bits = floatBitsToUint(value);
    uint magnitude = bits & 0x7FFFFFFFu;
    uint rounded = magnitude + 0xFFFu + ((magnitude >> 13) & 1u);
    if (rounded < 0x38800000u || magnitude >= NO_NUMBER) return 0u;
    uint half_bits = (min(rounded, 0x477FE000u) >> 13) - 0x1C000u;
    return (half_bits << 1) | (bits >> 31);
}

void main() {
    ivec2 cell = ivec2(gl_FragCoord.xy);
    code = encoded(along_price(cell) * scale);
    if (by_age) code = code > 7u ? (code & ~7u) | texelFetch(ages, slot_of(cell), 0).r : 0u;
}
"""

# The next level of the pyramid over time: the stronger of two columns.
HALVE: Final = """
uniform usampler2D cells;
out uint code;

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    int first = 2 * at.y, second = min(first + 1, textureSize(cells, 0).y - 1);
    code = max(texelFetch(cells, ivec2(at.x, first), 0).r, texelFetch(cells, ivec2(at.x, second), 0).r);
}
"""

# A position is its whole part and a fraction of 32 bits; what it is counted from has 48 (fixed_point).
_COUNTING: Final = """
struct Position { int whole; uint fraction; };

Position counted(ivec4 origin, ivec4 stride, int k) {
    uint n = uint(k);
    uint low = n * uint(stride.w) + uint(origin.w);
    uint middle = n * uint(stride.z) + uint(origin.z) + (low >> 16);
    uint high = n * uint(stride.y) + uint(origin.y) + (middle >> 16);
    return Position(origin.x + k * stride.x + int(high >> 16), (high << 16) | (middle & 0xFFFFu));
}
"""

# One strip for each row of pixels, counted from the bottom, which knows what rows of the map are under it.
STRIPS: Final = (
    _COUNTING
    + """
uniform usampler2D row_edges;   // ascending, as fractions of the map's height
uniform ivec4 bottom, top, pixel;
uniform int height;
flat out ivec2 rows;

bool beyond(uint edge, Position at, bool or_there) {
    if (at.whole != 0) return at.whole < 0;
    return edge > at.fraction || (or_there && edge == at.fraction);
}

// How many edges come before a position.
int edges_before(Position at, bool and_there) {
    int low = 0, high = textureSize(row_edges, 0).x;
    while (low < high) {
        int middle = (low + high) / 2;
        if (beyond(texelFetch(row_edges, ivec2(middle, 0), 0).r, at, !and_there)) high = middle;
        else low = middle + 1;
    }
    return low;
}

void main() {
    int n_rows = textureSize(row_edges, 0).x - 1;
    int first = edges_before(counted(bottom, pixel, gl_InstanceID), true) - 1;
    int end = edges_before(counted(top, pixel, gl_InstanceID), false);
    rows = clamp(ivec2(first, end), 0, n_rows);
    float y = float(gl_InstanceID + (gl_VertexID >> 1)) / float(height);
    gl_Position = vec4(float(gl_VertexID & 1) * 2.0 - 1.0, y * 2.0 - 1.0, 0.0, 1.0);
}
"""
)

# The strongest of the cells under a pixel.
POOL: Final = (
    _COUNTING
    + """
uniform usampler2D cells;       // one level of the pyramid
uniform int level;
uniform int n_columns;          // of the map itself
uniform ivec4 left, right, pixel_ms;
flat in ivec2 rows;
out uint code;

void main() {
    int k = int(gl_FragCoord.x);
    Position begins = counted(left, pixel_ms, k), ends = counted(right, pixel_ms, k);
    int first = clamp(begins.whole, 0, n_columns);
    int end = clamp(ends.whole + (ends.fraction > 0u ? 1 : 0), 0, n_columns);
    code = 0u;
    if (end <= first) return;
    first = first >> level;
    end = ((end - 1) >> level) + 1;
    for (int column = first; column < end; column++)
        for (int row = rows.x; row < rows.y; row++)
            code = max(code, texelFetch(cells, ivec2(row, column), 0).r);
}
"""
)

# What every code looks like, 256 × 256 texels, those of one row of a palette at a time.
TABLE: Final = """
uniform uvec4 begins[64];       // of each entry of the palette but the first, the magnitude where it begins
uniform uvec4 colours[64];      // premultiplied ARGB of the entries
uniform int n_palettes;
uniform int palette;            // of a signed map: the sign; by age: the window
uniform bool by_age;
uniform bool in_steps;          // then the step of density, counted from the least, takes the place of red
uniform int n_steps;
uniform uint nothing_below;
out vec4 colour;

void main() {
    uint code = uint(gl_FragCoord.x) + (uint(gl_FragCoord.y) << 8);
    int own = by_age ? min(int(code & 7u), n_palettes - 1) : int(code & 1u);
    if (own != palette) discard;
    uint magnitude = (by_age ? code & ~7u : code) >> 1;
    int low = 0, high = 255;
    while (low < high) {
        int middle = (low + high) / 2;
        if (begins[middle >> 2][middle & 3] <= magnitude) low = middle + 1;
        else high = middle;
    }
    bool nothing = code < nothing_below;
    if (in_steps) {
        int steps = nothing ? 0 : low * (n_steps + 1) / 256;
        colour = vec4(float((palette == 0 ? steps : -steps) + n_steps) / 255.0, 0.0, 0.0, 1.0);
        return;
    }
    uint argb = nothing ? 0u : colours[low >> 2][low & 3];
    colour = vec4(uvec4(argb >> 16, argb >> 8, argb, argb >> 24) & 255u) / 255.0;
}
"""

# The pooled pixels in their colours.
SHADE: Final = """
uniform usampler2D pixels;
uniform sampler2D table;
uniform ivec2 corner;           // where the plot's lower left pixel is
uniform bool in_steps;
uniform int n_steps;
uniform uvec4 shades[5];        // premultiplied ARGB of every step, inside a band and where it ends
out vec4 colour;

vec4 looked_up(int y, int x) {
    uint code = texelFetch(pixels, ivec2(x, clamp(y, 0, textureSize(pixels, 0).y - 1)), 0).r;
    return texelFetch(table, ivec2(code & 255u, code >> 8), 0);
}

int step_at(int y, int x) {
    return int(looked_up(y, x).r * 255.0 + 0.5) - n_steps;
}

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy) - corner;
    if (!in_steps) {
        colour = looked_up(at.y, at.x);
        return;
    }
    int here = step_at(at.y, at.x), above = step_at(at.y + 1, at.x), below = step_at(at.y - 1, at.x);
    bool ends = (here > 0 && min(above, below) < here) || (here < 0 && max(above, below) > here);
    int shade = here + n_steps + (ends ? 2 * n_steps + 1 : 0);
    uint argb = shades[shade >> 2][shade & 3];
    colour = vec4(uvec4(argb >> 16, argb >> 8, argb, argb >> 24) & 255u) / 255.0;
}
"""
