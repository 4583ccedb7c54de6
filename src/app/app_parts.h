/* What the window's files share: one struct app, passed down; each file looks after the part it names. */
#pragma once

#include "app/app.h"
#include "app/commands.h"
#include "app/file_dialog.h"
#include "app/exports.h"
#include "app/insides.h"
#include "app/network_view.h"
#include "app/pace.h"
#include "app/palette.h"
#include "app/player.h"
#include "app/session.h"
#include "app/settings.h"
#include "app/ui.h"
#include "app/window.h"
#include "base/words.h"
#include "draw/draw.h"

#include <cJSON.h>

enum { FORMULA_TEXT = 1024, NOTICE_COUNT = 3, UNDO_DEPTH = 64 };

/* ---- notices: what happened and what to do, shown over the scene ----------------------------------------------------
 */

enum notice_kind { NOTICE_DONE, NOTICE_TROUBLE };
struct notice {
    char title[160]; /* "" for none */
    char text[1536]; /* a whole error's message and what is said before it */
    enum notice_kind kind;
    char path[1024]; /* of the file it tells of; "" for none */
    double until;    /* clock; infinity: until dismissed */
    float height;    /* of its card, as last drawn */
    uint64_t number;
};

/* ---- undo: what a person can change ------------------------------------------------------------------------------*/

enum origin { ORIGIN_OTHER, ORIGIN_FILE, ORIGIN_FORMULA }; /* where what is open came from */
struct moment {
    uint64_t opening; /* which of the scenes opened so far */
    enum origin origin;
    char *text; /* its name or path, or its formula */
    bool start_chosen;
    double *start;       /* (n) where the runs start, if it was chosen */
    uint64_t start_mark; /* session's */
    uint64_t restarts;
    int optimizers;
    double values[EXPERIMENT_MAX_OPTIMIZERS][OPTIMIZER_MAX_PARAMETERS];
    bool enabled[EXPERIMENT_MAX_OPTIMIZERS];
    bool plane_known, insides, big_text;
    struct plane_choice plane; /* `thetas` are here: */
    double *thetas;
    enum view_kind view;
    enum height_mapping height;
    enum path_height path_height;
    enum theme_kind theme;
    enum colormap_kind colormap;
    float scale;
};

/* ---- the inspector: what was clicked
 * ------------------------------------------------------------------------------------ */

enum inspector_kind {
    INSPECT_NOTHING,
    INSPECT_CRITICAL, /* one of the exhibit's */
    INSPECT_POINT,    /* of the surface */
    INSPECT_RUN,      /* where a run was, on the plane or off it */
    INSPECT_FOUND,    /* where a search ended */
};
struct inspector {
    enum inspector_kind kind;
    int id;                                 /* critical point; run; analysis */
    int64_t step;                           /* INSPECT_RUN: where its run was */
    double a, b, distance;                  /* the foot on the plane, and how far from there */
    double *theta;                          /* owned, but for INSPECT_CRITICAL */
    struct eigen_report *report;            /* owned; may be NULL */
    double loss, slice_loss, gradient_norm; /* slice_loss NaN where it is not another one */
    char subject[128];                      /* INSPECT_FOUND: from where */
    char trouble[256];                      /* why there is no report */
    struct study *curvature;                /* both ends of the spectrum, asked for on the card; owned; or NULL */
    int seek, escape;                       /* analyses begun from the card; 0: none */
    int pane;                               /* in which it was clicked */
    float x, y;                             /* where on the window it was clicked */
    float height;                           /* of the card, known after its first frame */
    bool placed;                            /* beside its arrows, which take up the window from reach_x0 to reach_x1 */
    float reach_x0, reach_x1;
};

/* ---- the mouse over the scene
 * ------------------------------------------------------------------------------------------- */

enum drag_kind { DRAG_NONE, DRAG_ORBIT, DRAG_PAN };
struct mouse {
    float x, y; /* design pixels in the window */
    bool over_scene;
    enum drag_kind drag;
    uint8_t button;
    float pressed_x, pressed_y;
    bool moved; /* further than a click's slack */
    uint16_t modifiers;
    struct scene_pick pick; /* what is under it */
};

/* The keyboard's place on the surface, in the plane's coordinates. */
struct cursor {
    bool on;
    double a, b;
};

enum { LASER_TRAIL = 32 };
struct laser {
    bool on;
    int count;
    struct {
        float x, y; /* design pixels */
        double at;  /* clock */
    } trail[LASER_TRAIL]; /* the newest last */
};

struct easing {
    bool active;
    double since;
    int which; /* camera: one of interaction.c's names */
    struct camera from, to;
    struct camera each[EXPERIMENT_MAX_OPTIMIZERS]; /* from where the panes' own come, where they go together */
    bool together, link;                           /* … and are one from then on */
    enum view_kind then;                           /* the view to be in at the end */
};

struct layout {
    struct rect top, left, right, bottom, scene;
    struct rect chart; /* above the scene; of no height where there is none */
    bool left_open, right_open, bottom_open;
    enum layout_crowd { LAYOUT_ONE, LAYOUT_PANES, LAYOUT_COMPARED } crowd; /* what the open panels fit */
};

/* ---- figures: what the curves at the bottom show
 * ------------------------------------------------------------------------------------ */

enum figure { FIGURE_LOSS, FIGURE_ACCURACY, FIGURE_GRADIENT, FIGURE_RATE, FIGURE_SHARPNESS, FIGURE_DISTANCE, FIGURE_COUNT };
extern const char *const figure_names[]; /* "loss", … */

enum side { SIDE_OPTIMIZERS, SIDE_ANALYSES, SIDE_NETWORK, SIDE_COUNT };
extern const char *const side_names[]; /* "optimizers", … */
 /* what the right panel shows */
enum { RETIRED_SESSIONS = 4, UNWANTED_FILES = 4 };

/* ---- what the open experiment is compared with --------------------------------------------------------------------- */

struct compare {
    struct session *session; /* NULL: nothing */
    uint64_t generation;     /* of the first one's runs: it starts again when they do */
    bool choosing;           /* the card to choose by is open */
    char query[64];
};

struct app {
    const struct app_params *params;
    struct window window;
    struct ui *ui;
    struct renderer *renderer;
    struct scene scene;
    struct settings settings;
    struct words *words;                      /* NULL: English */
    struct language *languages;               /* (language_count) those there are */
    size_t language_count;
    char language_wanted[WORDS_CODE];         /* from the next turn on; "": no other */
    char language_kept[WORDS_CODE];           /* to remember, as those below */
    struct player player;
    /* to remember: not what the command line told, unless chosen since */
    enum theme_kind theme_kept;
    float scale_kept;
    struct session *session;                   /* NULL: none could be opened */
    struct compare compare;
    struct session *retired[RETIRED_SESSIONS]; /* closed by the person; an analysis has not ended yet */
    struct layout layout;
    struct inspector inspector;
    struct view_mark marks[ANALYSES_MOST]; /* what searches found */
    struct view_way ways[2 * ANALYSES_MOST];
    struct insides insides;
    struct network_view network;
    int basins; /* the analysis whose maps stand in the surface's place; 0: none */
    struct mouse mouse;
    enum scene_state { STATE_USUAL, STATE_ALL_OFF, STATE_ALL_DIVERGED } state_put_away; /* its card was closed */
    struct exports exports;
    double exports_due; /* clock: they want to go on */
    struct easing easing;
    struct cursor cursor;
    struct laser laser;
    struct file_dialog *dialog; /* NULL: none is open */
    struct incoming *file, *unwanted[UNWANTED_FILES]; /* being opened, or NULL; no longer wanted, not at an end yet */
    bool recent_open;
    int dropped; /* files, by the hand that is dropping */
    bool path_figures_slow; /* they take longer than a frame has time for */
    double settled_at;  /* clock at which surfaces on their way to a finer level last moved */
    double morph_since[2];  /* of the scene, of what it is compared with: when the way to a new plane began; 0: none */
    struct notice notices[NOTICE_COUNT];
    int notice_count;
    uint64_t notice_number;
    struct moment undo[UNDO_DEPTH], redo[UNDO_DEPTH], moment; /* before, after, now */
    int undo_count, redo_count;
    bool moment_known;
    uint64_t opening, openings; /* the scene that is open; how many there were */
    enum origin origin;
    char *origin_text; /* name, path or formula of what is open; NULL: neither */
    bool big_text;
    struct experiment_listing *listing;
    size_t listing_count;
    bool listing_read;
    char formula[FORMULA_TEXT];
    char formula_error[512];
    int formula_caret; /* ≥ 0: goes there in the next frame */
    bool surfaces_open, networks_open;
    bool optimizer_open[EXPERIMENT_MAX_OPTIMIZERS]; /* all parameters shown, not the main ones only */
    bool slider_held;                               /* a drag on one is going on: one drag, one undo */
    bool hand_shown;                                /* the pointer over a mark */
    bool key_unseen, press_unseen; /* by the panels: a key that went down while typing, a button's going down or up */
    bool click_restarted;          /* the last click on the scene restarted the runs */
    struct camera camera_before_contour;
    double busy_asked;  /* when the analysis was first seen busy; 0: it is not */
    double drawn_at;    /* clock of the last frame */
    int64_t hover_step; /* under the mouse on the curves; −1: none */
    bool resume_after_scrub;
    bool loop_dragged;   /* a section to loop is being marked, … */
    int64_t loop_anchor; /* … from this step */
    enum figure figure, figure_beside; /* the second one where there is room for two */
    bool stretching; /* a range of the curves is being marked, … */
    int stretch_pane;
    double stretch_from; /* … from this step */
    unsigned figure_other_scale; /* bit f: figure f on the scale that is not its usual one */
    enum side side;
    int plane_run; /* whose Hessian a plane is of; −1: none chosen yet */
    int analysed;  /* the run whose head the analyses are of */
    bool help_open;
    float help_scrolls; /* by so much in the next frame */
    struct palette palette;
    bool quit;
    struct backing *backing; /* NULL where none is needed */
    bool graphics_lost;   /* SDL says so */
    bool graphics_short;  /* the driver had no memory for all of the last picture */
    struct error failure; /* why the window could not go on; none: it was closed */
    bool picture_stale;   /* the scene has to be built again */
    struct pace pace;
    int frames_wanted;    /* frames to draw before waiting again */
    int frames_hurried;   /* of them, those that answer an input */
    double wake_at;       /* clock of the next frame that is due without an event */
    double busy_since;    /* of the analysis, once it takes long enough to say so; else 0 */
    double started;       /* clock at the start of the process */
    double first_surface; /* seconds from there to the first surface on screen; 0: not yet */
    long frames;          /* drawn */
    struct report *report;
    struct drill *drill; /* NULL, but for bench */
    char *recording_path;
};

/* app.c */
void app_wake_by(struct app *app, double at);
void app_redraw(struct app *app);       /* the picture changed */

/* opening.c */
/* Put away, and closed once nothing of it is waited for. Accepts a NULL session, and leaves one. */
void app_retire(struct app *app, struct session **session);
void app_let_films_go(struct app *app); /* what they show is about to go */
void app_take_session(struct app *app, struct session *session); /* shown from now on; the one before is closed */
const char *app_title(const struct app *app);                /* of the session's experiment, in the language */
bool app_open(struct app *app, const char *name_or_path, struct error *error);
bool app_open_made(struct app *app, struct experiment *experiment, struct error *error); /* takes it over */
/* What was read of the file at `path`, with a recording's timeline or NULL; takes both over, also on failure. */
bool app_take_file(struct app *app, struct experiment *experiment, struct timeline *timeline, const char *path,
                   struct error *error);
void app_open_formula(struct app *app);
const char *app_file_name(const struct app *app);        /* how files of what is open begin */
void app_toggle_recording(struct app *app);
void app_restart_from(struct app *app, double a, double b);
void app_restart_at(struct app *app, const double *theta, const char *where); /* `where`: as the notice names it */
void app_restart(struct app *app);                                            /* from the same start again */
void app_name_window(struct app *app); /* by the title of what is open */
void app_bury(struct app *app, bool wait); /* closes what was put away and is waited for no longer; `wait`: all of it */

/* looks.c */
float app_scale(const struct app *app); /* window units per design pixel */
void app_set_scale(struct app *app, float user_scale);
void app_toggle_theme(struct app *app);
void app_toggle_big_text(struct app *app);
void app_toggle_insides(struct app *app); /* what a step is made of, at the heads */
void app_choose_language(struct app *app, const char *code); /* from the next frame on */
bool app_chinese(const struct app *app);                     /* as which lessons have their words */
void looks_fit(struct app *app); /* the sizes of all, to the window and what is asked for */
void language_begin(struct app *app);
void language_change(struct app *app); /* between two frames: what was shown in the language before is not looked at again */

/* frame.c */
void app_dress_view(struct app *app, struct view *view); /* theme, colours, and what searches found */
void frame_panels(struct app *app); /* all of them, once */
void frame_draw(struct app *app);

/* notices.c */
void notice_say(struct app *app, enum notice_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same of a file that was written: its path can be copied from it. */
/* A file that was not opened: its name as a heading, below all of the message, which can be copied. */
void notice_say_refused(struct app *app, const char *path, const char *message);
void notice_say_saved(struct app *app, const char *path, const char *format, ...) __attribute__((format(printf, 3, 4)));
void notice_dismiss_all(struct app *app);
void notices_panel(struct app *app);
/* Diverged runs, failed recordings: said once each. */
void notices_watch(struct app *app);

/* graphics.c */
void graphics_watch(struct app *app); /* after a frame: whether the context is still there */
void graphics_watch_memory(struct app *app); /* … whether the driver had memory for the picture */

/* undo.c */
void undo_watch(struct app *app); /* once a turn, and before what is to be told apart from it */
bool undo_of_runs(const struct app *app); /* whether what was changed since is of the runs, not of looks alone */
void undo_step_back(struct app *app);
void undo_step_on(struct app *app);
void undo_forget(struct app *app);

/* interaction.c: camera and clicks on the scene */
void interaction_event(struct app *app, const SDL_Event *event);
void interaction_update(struct app *app); /* what is under the mouse, once a frame */
/* By keys, so many notches: the camera goes round the surface, along it, nearer. */
void interaction_turn(struct app *app, int right, int up);
void interaction_move(struct app *app, int right, int up);
void interaction_zoom(struct app *app, float notches);
bool interaction_ease(struct app *app, double now); /* moves the camera; true while it moves */
bool interaction_eases(const struct app *app);      /* camera or plane is on its way */
void interaction_set_view(struct app *app, enum view_kind kind);
void interaction_free_cameras(struct app *app, bool free_ones); /* each pane its own, or one for all */
bool interaction_pane(const struct app *app, int pane, struct rect *rect); /* where it is; false: there is none */
void interaction_look(struct app *app, enum view_kind kind, const struct camera *camera); /* goes there */
void interaction_reset_camera(struct app *app);
/* Where a point of the world is in the window, in design pixels; false when it is not to be seen. */
bool interaction_place(const struct app *app, int pane, const vec3 world, float *x, float *y);

/* cursor.c: the keyboard on the surface */
void cursor_toggle(struct app *app);
bool cursor_key(struct app *app, struct shortcut key);            /* true when it was the cursor's */
bool cursor_where(const struct app *app, float *x, float *y);     /* in the window, in design pixels; false: not to be seen */
void cursor_next_mark(struct app *app, int by);                   /* its card; 1: the next, −1: the one before */
void cursor_next_head(struct app *app, int by);                   /* of an optimizer */

/* laser.c */
void laser_toggle(struct app *app);
void laser_follow(struct app *app, float x, float y); /* the mouse is there now */
void laser_draw(struct app *app);

/* recent.c: files. What cannot be opened says why in a notice. */
bool open_file(struct app *app, const char *path);
void open_dialog(struct app *app);  /* the desktop's; where it has none, the palette asks for a path */
/* Of the desktop; `save_as` as in file_dialog_params. False: there is none. */
bool dialog_begin(struct app *app, const char *title, const char *save_as);
void dialog_watch(struct app *app); /* once a turn */
void panel_recent(struct app *app); /* within the left panel */

/* data_file.c: a table of data (.csv) as a network to train on it, its last column what is to be told. Any thread. */
struct experiment *data_file_read(const char *path, struct data_reading *reading, struct error *error);

/* incoming.c: a file, on a thread of its own; in the place of one that is being opened. What fails says so. */
void incoming_begin(struct app *app, const char *path);
void incoming_cancel(struct app *app);
void incoming_watch(struct app *app); /* once a turn */
void incoming_panel(struct app *app);
void incoming_report(const struct app *app, cJSON *root);
void incoming_release(struct app *app); /* waits for what is being read */

/* inspector.c */
void inspector_open_critical(struct app *app, int id);
void inspector_open_point(struct app *app, double a, double b);
void inspector_open_run(struct app *app, int run, int64_t step); /* where the run truly was, on the plane or off it */
void inspector_open_found(struct app *app, int analysis);        /* where a search ended */
void inspector_close(struct app *app);
/* Both ends of the Hessian's spectrum at its point (all of it for small ones), on a thread; cancelled with the card. */
bool inspector_offers_curvature(const struct app *app); /* it is not worked out by itself, nor asked for */
void inspector_ask_curvature(struct app *app);
void inspector_stop_curvature(struct app *app);
bool inspector_busy(const struct app *app);
/* What is known of the point's curvature: from all eigenpairs or from both ends; false where nothing is. */
struct eigen_figures {
    int n, count;                               /* eigenpairs held */
    const double *values, *vectors, *residuals; /* ascending; (count × n) */
    double tolerance;
    int low; /* how many of them from the low end; count: all there are */
    int index, degenerate;
    bool exact; /* there are no others below or within the tolerance */
    enum point_kind kind;
};
bool inspector_eigen(const struct app *app, struct eigen_figures *out);
const struct eigen_report *inspector_report(const struct app *app); /* or NULL */
const double *inspector_theta(const struct app *app);               /* (n) the point itself */
/* At the point; `direction` as analyse_point. */
int inspector_analyse(struct app *app, enum analysis_kind kind, const double *direction);
void inspector_seek(struct app *app);
void inspector_escape(struct app *app); /* both ways off the saddle */
/* The ways off it, once they are known: two of them; else NULL. */
const struct escape_way *inspector_ways(const struct app *app);
void inspector_watch(struct app *app); /* goes to what its search found */

/* "34 % · 12 s left": how far a thing is. Returns `out`. */
const char *progress_text(double done, double eta, char *out, size_t size);

/* inspector_text.c: freed by the caller; `foot`: its place on the plane */
char *inspector_text(const struct app *app, const double foot[2]);

/* inspector_card.c */
void inspector_panel(struct app *app);

/* panels */
void layout_arrange(struct app *app);
void layout_fit(struct app *app); /* after a change of size: folds what does not fit */
enum layout_panel { LAYOUT_LEFT, LAYOUT_RIGHT, LAYOUT_BOTTOM };
void layout_show(struct app *app, enum layout_panel panel); /* where only one side panel fits the other is folded */
void layout_fold(struct app *app, enum layout_panel panel); /* or shows it again */
void panel_top(struct app *app);
void panel_scene(struct app *app);
/* panel_lesson.c */
float panel_lesson_width(const struct app *app, float window_width); /* of the left panel; 0: there is no lesson */
bool panel_lesson(struct app *app); /* the lesson in the left panel's place; false: the scenes are there */
void panel_lesson_way_back(struct app *app); /* above the scenes: from them to the lesson */
void panel_lessons(struct app *app); /* within the left panel: the course */
/* panel_chart.c: which problem a run has, asked from the top and lit by its losses */
float panel_chart_height(const struct app *app, float scene_height); /* 0: the lesson's step shows none */
void panel_chart(struct app *app);
const char *panel_chart_end(const struct app *app); /* the last box lit: "Training loss", "Overfitting"; "": no chart */
/* The plane of the largest and the lowest curvature at θ (n). */
void plane_at(struct app *app, const double *theta);
void panel_plane(struct app *app); /* within the left panel: which plane, and what it holds */
void panel_right(struct app *app); /* optimizers, or analyses */
void panel_timeline(struct app *app);
enum timeline_act {
    TIMELINE_PLAY,
    TIMELINE_BACK,
    TIMELINE_ON,
    TIMELINE_BACK_TEN,
    TIMELINE_ON_TEN,
    TIMELINE_TO_START,
    TIMELINE_TO_LIVE,
};
void timeline_act(struct app *app, enum timeline_act act);
void timeline_change_speed(struct app *app, int by); /* notches */
/* panel_track.c */
struct plot;
void timeline_track(struct app *app, const struct plot *plot, float width);
void timeline_next_event(struct app *app, int by);
enum { LOOP_FROM, LOOP_TO, LOOP_NONE };
void timeline_loop(struct app *app, int end); /* sets it where playback stands */
void panel_analyses(struct app *app);                /* within the right panel */
void panel_help(struct app *app);
/* A key that went down: what it means, if anything, is done. `typing`: a text box has the keyboard. */
void command_key(struct app *app, const SDL_KeyboardEvent *key, bool typing);
void panel_overlay(struct app *app); /* the card beside the mouse, and … */
void states_panel(struct app *app);  /* empty, busy, all off, all diverged */

/* basins_view.c: the maps in the surface's place */
void basins_show(struct app *app, int analysis); /* 0: the surface again */
bool basins_shown(const struct app *app);
void basins_build(struct app *app, const struct view *view, struct scene *scene); /* of its size and theme */
void basins_click(struct app *app); /* starts where that cell is */
void basins_card(struct app *app);  /* the figures of the cell under the mouse, and the way back */

/* compare.c: a second experiment beside the first; its runs keep step with the first one's */
bool compare_with(struct app *app, const char *name_or_path, struct error *error);
bool compare_in_lesson(struct app *app, bool fresh, struct error *error); /* as the step says; fresh: in a new session */
void compare_end(struct app *app);
void compare_swap(struct app *app);              /* the two change places */
bool compare_update(struct app *app);            /* once a turn; true when there is something new to see */
void compare_lay(struct app *app, struct view *view); /* into the view, before a picture is made */
void compare_click(struct app *app, const struct scene_pick *pick, bool inspect); /* on its pane */
/* Of the side of what is under the mouse. */
struct session *compare_side(const struct app *app, int side);

/* panel_panes.c: buttons in the panes' corners; the card to choose what to compare with */
void panel_panes(struct app *app);

/* run_marks.c: the optimizers' marks in a row, to choose a run by; true when one was pressed. `except` −1: none is left
 * out. */
bool run_marks(struct app *app, const char *id, int chosen, int except, int *pressed);

/* panel_curves.c */
void curves_show(struct app *app, enum figure figure);
/* A figure's numbers at full precision: a line a step, a column a run that is shown (and its validation and test data
 * where they are there). ERROR_INPUT where it has not been measured. */
bool curves_write_csv(struct app *app, enum figure figure, const char *path, struct error *error);

/* analyse.c: beginning an analysis, from a button anywhere. What does not begin says why in a notice. */
/* Of all runs, or of none; `nets`: ANALYSIS_RATIO, 0: the study's own number. As all here: its id, 0 when it did not
 * begin. */
int analyse_runs(struct app *app, enum analysis_kind kind, int nets);
int analyse_head(struct app *app, enum analysis_kind kind, int run, int to); /* where a run is; of a line: to where */
/* At a point; takes its own copy. Returns the analysis' id, 0 when it did not begin. */
int analyse_point(struct app *app, enum analysis_kind kind, const double *theta, const double *direction,
                  const char *subject);
void analyse_show(struct app *app);               /* the panel with them */
void analyses_watch(struct app *app, double now); /* keeps progress bars moving */

/* places.c: where files go; freed by the caller */
char *place_folder(const char *kind); /* where the desktop keeps them, else the working folder */
char *place_new(const char *folder, const char *name, const char *ending); /* a path that is not there yet */
char *place_home(const char *folder);                                      /* "~/…" made whole */
bool place_is_folder(const char *path);                                    /* that can be written to */
char *place_for(const char *kind, const char *name, const char *ending); /* kind: "PICTURES" or "DOCUMENTS" */
double process_started(void); /* clock_seconds() when this process was started */

/* report.c */
struct report;
struct report *report_open(const char *path, struct error *error);
void report_close(struct report **report); /* accepts NULL */
void report_write(struct app *app);        /* when anything changed since the last line */
