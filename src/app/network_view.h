/* What the networks compute at the step on screen, as pictures in the panels: maps of classes, fitted curves, images
 * with the answers to them, tables of mistakes. Kept up to date only while they are shown. One thread: the window's. */
#pragma once

#include "app/ui.h"
#include "run/run.h"
#include "study/portrait.h"

struct app;
struct texture;
struct picture_cache {
    struct texture *texture;
    uint64_t revision;
    int width, height, theme, run;
};
enum { NETWORK_SMALL, NETWORK_LARGE, NETWORK_SIZES, NETWORK_PARAMETERS_MOST = 4000000 };
struct network_view {
    const struct portrait_set *set; /* of this frame; NULL: none yet */
    struct picture_cache maps[NETWORK_SIZES][EXPERIMENT_MAX_OPTIMIZERS], images[NETWORK_SIZES];
    int run;                 /* whose layers, images and mistakes are shown */
    int layer;               /* whose parameters are counted; −1: all */
    enum portrait_norm norm; /* which lengths are shown layer by layer */
    bool large;              /* a card over the scene has the picture */
};
bool network_offered(const struct app *app); /* there is a network small enough */
void network_update(struct app *app);        /* before anything of it is drawn; once a frame */
void network_forget(struct app *app);        /* another session comes */
void network_release(struct app *app);       /* textures; needs the GL context */
const struct portrait *network_portrait(const struct app *app, int run); /* NULL: none */

/* network_pictures.c: within a panel. What is pressed opens or closes the large picture. */
void network_maps(struct app *app, int size, float width, float height); /* height 0: as tall as need be */
void network_fit(struct app *app, int size, float width, float height);
void network_images(struct app *app, int size, float width, float height);
void network_mistakes(struct app *app, int size, int run, float width, float height);

/* panel_network.c */
void panel_network(struct app *app); /* within the right panel */
void network_card(struct app *app);  /* the large picture, over the scene */
