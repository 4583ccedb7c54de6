/* What every shader knows of the pane drawn. Pixels are physical ones, counted from the pane's lower left corner. */
layout(std140) uniform Pane {
    mat4 view_projection;
    vec4 extent; /* pane width and height; where gl_FragCoord has the pane's corner */
    vec4 window; /* the pane's clip space to the viewport's, when only a tile of the pane is drawn: scale, offset */
    vec4 light;  /* xyz: towards the light; w: physical pixels per scene pixel */
    vec4 ground; /* half the surface's sides; the floor's height; 1 in a flat pane */
};

vec4 place(vec4 clip) {
    return vec4(clip.xy * window.xy + window.zw * clip.w, clip.zw);
}

vec4 place_pixel(vec2 pixel, float depth) {
    return place(vec4(pixel / extent.xy * 2.0 - 1.0, depth, 1.0));
}

/* The fragment's centre in pane pixels. */
#define FRAGMENT (gl_FragCoord.xy - extent.zw)
