#include "app/session.h"
#include "base/linalg.h"
#include "base/threads.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void no_wakeup(void *context) {
}
static const struct session_params params = {.wakeup = no_wakeup};

static struct session *opened(const char *name) {
    struct error error = {0};
    struct session *session = session_open(name, &params, &error);
    if (!session) fail_msg("%s", error.message);
    return session;
}

/* Until `step` is there, or ten seconds have gone. */
static void wait_for(struct session *session, int64_t step) {
    double until = clock_seconds() + 10;
    while (session_last(session) < step && clock_seconds() < until)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (session->trainer) trainer_wait(session->trainer);
    assert_true(session_last(session) >= step);
}

static void playing_follows_the_clock(void **state) {
    struct session *session = opened("saddle");
    double clock = 100;
    session_play(session, clock);
    session_advance(session, clock);
    for (int i = 0; i < 40; i++) { /* two seconds of frames at 1×: sixty steps, as long as the runs keep up */
        session_advance(session, clock += 0.05);
        wait_for(session, session->goal);
    }
    assert_in_range(session->view.step, 57, 60);
    session_pause(session);
    int64_t shown = session->view.step;
    assert_false(session_advance(session, clock += 5));
    assert_int_equal(session->view.step, shown);
    session_close(&session);
    assert_null(session);
}

static void a_section_is_played_again_and_again(void **state) {
    struct session *session = opened("saddle");
    double clock = 100;
    session_set_loop(session, 20, 30);
    assert_true(session_loops(session));
    session_play(session, clock);
    session_advance(session, clock);
    wait_for(session, 30);
    int round_trips = 0;
    int64_t before = 20, least = INT64_MAX, most = 0;
    for (int i = 0; i < 100; i++) { /* two seconds: ten steps at thirty a second, six rounds */
        session_advance(session, clock += 0.02);
        int64_t step = session->view.step;
        round_trips += step < before;
        before = step;
        least = step < least ? step : least;
        most = step > most ? step : most;
    }
    assert_int_equal(least, 20);
    assert_int_equal(most, 30);
    assert_in_range(round_trips, 4, 6);
    assert_true(session->rate_measured > 20 && session->rate_measured < 31); /* what truly went over the screen */
    session_set_speed(session, INFINITY);
    for (int i = 0; i < 50; i++) {
        session_advance(session, clock += 0.02);
        assert_in_range(session->view.step, 20, 30);
    }
    session_set_loop(session, 9, 9);
    assert_false(session_loops(session));
    session_set_loop(session, 10, INT64_MAX); /* no further than there is */
    assert_int_equal(session->loop_to, session->limit);
    session_restart(session, NULL);
    assert_false(session_loops(session));
    session_close(&session);
}

static void seeking_trains_as_far(void **state) {
    struct session *session = opened("saddle");
    session_seek(session, 50);
    wait_for(session, 50);
    assert_int_equal(session->view.step, 50);
    session_seek(session, -3);
    assert_int_equal(session->view.step, 0);
    session_seek(session, INT64_MAX);
    assert_int_equal(session->view.step, session->limit);
    wait_for(session, session->limit);
    assert_true(session_ended(session));
    session_extend(session, 10);
    assert_false(session_ended(session));
    session_close(&session);
}

static void restarting_begins_where_told(void **state) {
    struct session *session = opened("saddle");
    const double theta[2] = {0.25, -1.5};
    session_seek(session, 20);
    wait_for(session, 20);
    session_restart(session, theta);
    trainer_wait(session->trainer);
    session_update(session);
    double start[2], loss = (1 - 0.25 * -1.5) * (1 - 0.25 * -1.5);
    for (int run = 0; run < session->runs; run++) {
        struct sample sample;
        assert_int_equal(timeline_read(session->timeline, run, 0, 1, &sample, start, NULL), 1);
        assert_true(start[0] == theta[0] && start[1] == theta[1]);
        assert_near(sample.loss, loss, 1e-14);
        assert_int_equal(session->curves.traces[CURVE_LOSS][run].steps[0], 0);
        assert_near(session->curves.traces[CURVE_LOSS][run].values[0], loss, 1e-14);
    }
    session_close(&session);
}

static void switching_and_turning(void **state) {
    struct session *session = opened("saddle");
    session_enable(session, 1, false);
    assert_false(session_enabled(session, 1));
    assert_true(session_enabled(session, 0));
    session_set_value(session, 0, 0, 0.001);
    assert_near(session_value(session, 0, 0), 0.001, 0);
    session_seek(session, 30);
    double until = clock_seconds() + 10;
    /* Also a run that is off publishes its start, when its turn comes. */
    while ((session_state(session, 0).step < 30 || session_state(session, 1).step < 0) && clock_seconds() < until)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_int_equal(session_state(session, 0).step, 30);
    assert_int_equal(session_state(session, 1).step, 0); /* off: waits where it is */
    session_close(&session);
}

static void unknown_names_are_said(void **state) {
    struct error error = {0};
    assert_null(session_open("sadle", &params, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, "saddle"));
}

int main(void) {
    linalg_init();
    setenv("SADDLESCOPE_ASSETS", ASSETS, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(playing_follows_the_clock),    cmocka_unit_test(a_section_is_played_again_and_again),
        cmocka_unit_test(seeking_trains_as_far),
        cmocka_unit_test(restarting_begins_where_told), cmocka_unit_test(switching_and_turning),
        cmocka_unit_test(unknown_names_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
