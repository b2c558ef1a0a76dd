/* From numerators to scores: all of them, or only the high ones. Included once for each REAL. */

static void FN(push)(tsc_list *list, idx lag, float score)
{
    if (list->n == list->room) {
        const idx room = list->room ? 2 * list->room : 64;
        int64_t *lags = realloc(list->lags, (size_t)room * sizeof *lags);
        float *scores;
        if (lags)
            list->lags = lags;
        scores = realloc(list->scores, (size_t)room * sizeof *scores);
        if (scores)
            list->scores = scores;
        if (!lags || !scores) {
            list->failed = 1;
            return;
        }
        list->room = room;
    }
    list->lags[list->n] = lag;
    list->scores[list->n++] = score;
}

#if LANES > 1
TSC_INLINE FN(vec) FN(larger)(FN(vec) a, FN(vec) b)
{
    const FN(ints) k = a > b;
    return (FN(vec))(((FN(ints))a & k) | ((FN(ints))b & ~k));
}
TSC_INLINE FN(vec) FN(rated)(FN(vec) v, int sign)
{
    return sign == 0 ? FN(larger)(v, -v) : sign > 0 ? v : -v;
}
#else
TSC_INLINE REAL FN(larger)(REAL a, REAL b) { return a > b ? a : b; }
TSC_INLINE REAL FN(rated)(REAL v, int sign)
{
    return sign == 0 ? (v < 0 ? -v : v) : sign > 0 ? v : -v;
}
#endif

TSC_INLINE REAL FN(largest_lane)(FN(vec) v)
{
    REAL lanes[LANES], best;
    int k;
    FN(store)(lanes, v);
    best = lanes[0];
    for (k = 1; k < LANES; k++)
        best = lanes[k] > best ? lanes[k] : best;
    return best;
}

TSC_INLINE REAL FN(clipped)(REAL r) { return r > 1 ? (REAL)1 : r < -1 ? (REAL)-1 : r; }

/* One lag after the other: what reaches the floor, or might, goes to the list. Returns the best. */
static REAL FN(sift_slowly)(const tsc_job *job, tsc_search *search, const REAL *v, const REAL *inverse,
                            idx n, idx lag, REAL bound)
{
    const REAL floor = (REAL)search->floor, tolerance = (REAL)job->tolerance;
    REAL best = 0;
    idx i;
    for (i = 0; i < n; i++) {
        const REAL t = job->sign == 0 ? (v[i] < 0 ? -v[i] : v[i]) : job->sign > 0 ? v[i] : -v[i];
        if (!(inverse[i] > 0))
            continue;
        if ((t + bound) * inverse[i] >= floor && bound * inverse[i] > tolerance)
            FN(push)(&search->found, lag + i, NAN);
        else {
            const REAL r = FN(clipped)(t * inverse[i]);
            if (r >= floor)
                FN(push)(&search->found, lag + i, (float)FN(clipped)(v[i] * inverse[i]));
            best = r > best ? r : best;
        }
    }
    return best;
}

/* Lags of one block: `sift_slowly` where a group of them has one that might reach the floor. */
static void FN(sift)(const tsc_job *job, tsc_search *search, const REAL *v, const REAL *inverse, idx n,
                     idx lag, double block_bound)
{
    enum { GROUP = 8 * LANES };
    const REAL bound = (REAL)block_bound, floor = (REAL)search->floor;
    const int sign = job->sign;
    idx i = 0, k;
    while (i < n) {
        idx count = n - i < GROUP ? n - i : GROUP, cell = 0;
        REAL best;
        if (search->cells) {
            cell = (job->offset + lag + i) / search->width;
            if ((cell + 1) * search->width - (job->offset + lag + i) < count)
                count = (cell + 1) * search->width - (job->offset + lag + i);
        }
        if (count < LANES || block_bound > 1e30)
            best = FN(sift_slowly)(job, search, v + i, inverse + i, count, lag + i, bound);
        else {
            FN(vec) top = {0}, reach = {0};
            for (k = 0;; k = k + 2 * LANES <= count ? k + LANES : count - LANES) {
                const FN(vec) t = FN(rated)(FN(load)(v + i + k), sign);
                const FN(vec) w = FN(load)(inverse + i + k);
                top = FN(larger)(t * w, top);
                reach = FN(larger)((t + bound) * w, reach);
                if (k + LANES >= count)
                    break;
            }
            if (FN(largest_lane)(reach) >= floor)
                best = FN(sift_slowly)(job, search, v + i, inverse + i, count, lag + i, bound);
            else
                best = FN(largest_lane)(top);
        }
        if (search->cells && best > search->cells[cell])
            search->cells[cell] = best;
        i += count;
    }
}

/* All scores of a block's lags; those that rounding may have spoilt go to the list. */
static void FN(write_scores)(const tsc_job *job, tsc_search *search, const REAL *TSC_RESTRICT v,
                             const REAL *TSC_RESTRICT inverse, idx n, idx lag, double block_bound)
{
    const REAL limit = (REAL)(job->tolerance / block_bound);
    idx i, loose = 0;
    if (job->scores_are_double) {
        double *TSC_RESTRICT out = (double *)job->scores + lag;
        for (i = 0; i < n; i++)
            out[i] = FN(clipped)(v[i] * inverse[i]);
    } else {
        float *TSC_RESTRICT out = (float *)job->scores + lag;
        for (i = 0; i < n; i++)
            out[i] = (float)FN(clipped)(v[i] * inverse[i]);
    }
    for (i = 0; i < n; i++)
        loose += inverse[i] > limit;
    if (loose || block_bound > 1e30)
        for (i = 0; i < n; i++)
            if (inverse[i] > limit)
                FN(push)(&search->found, lag + i, NAN);
}

/* A strided sample of scores and their right neighbours, NaN where there is none. */
static void FN(sample)(const tsc_job *job, tsc_search *search, const REAL *v, const REAL *inverse,
                       idx n, idx lag)
{
    idx at = (lag + job->stride - 1) / job->stride * job->stride;
    for (; at < lag + n; at += job->stride) {
        const idx i = at - lag, place = at / job->stride;
        const int known = inverse[i] > 0, next = i + 1 < n && inverse[i + 1] > 0;
        search->here[place] = known ? (float)FN(clipped)(v[i] * inverse[i]) : NAN;
        search->next[place] = next ? (float)FN(clipped)(v[i + 1] * inverse[i + 1]) : NAN;
    }
}

/* Lags [first, first + n) of a stretch that begins at lag `start`: block by block. */
static void FN(finish)(const tsc_job *job, tsc_search *search, const FN(plan) *plan, const FN(work) *work,
                       const REAL *inverse, idx start, idx first, idx n)
{
    const idx lags = plan->shape.lags;
    while (n > 0) {
        const idx block = first / lags, left = (block + 1) * lags - first;
        const idx count = left < n ? left : n;
        const REAL *v = work->numerators + first;
        const double bound = work->bounds[block];
        if (job->scores)
            FN(write_scores)(job, search, v, inverse, count, start + first, bound);
        else
            FN(sift)(job, search, v, inverse, count, start + first, bound);
        if (search->here)
            FN(sample)(job, search, v, inverse, count, start + first);
        first += count;
        inverse += count;
        n -= count;
    }
}

/* No scores for windows that touch a gap; those lost to rounding are listed. */
static void FN(mask)(const tsc_job *job, tsc_length *length, REAL *inverse, idx start, idx n, idx zeros)
{
    const idx m = length->m;
    idx g, i;
    if (zeros)
        for (i = 0; i < n; i++)
            if (!(inverse[i] > 0))
                FN(push)(&length->lost, start + i, NAN);
    for (g = 0; g < job->n_gaps; g++) {
        const idx from = job->gap_starts[g] - m + 1 - start, to = job->gap_stops[g] - start;
        for (i = from > 0 ? from : 0; i < to && i < n; i++)
            inverse[i] = 0;
    }
}

/* One over the norms of lags [first, first + n) of a stretch; n at most a hop. */
static void FN(norms)(const tsc_job *job, tsc_length *length, FN(work) *work, const void *x, idx n_samples,
                      idx start, idx first, idx n, REAL *inverse)
{
    const idx step = windows_chunk(length->m);
    idx done;
    for (done = 0; done < n; done += step) {
        const idx count = n - done < step ? n - done : step;
        const idx zeros =
            job->is_double
                ? FN(inverse_norms_of_double)(&work->windows, x, n_samples, length->m, first + done,
                                              count, job->energy_floor, inverse + done)
                : FN(inverse_norms_of_float)(&work->windows, x, n_samples, length->m, first + done,
                                             count, job->energy_floor, inverse + done);
        if (zeros || job->n_gaps)
            FN(mask)(job, length, inverse + done, start + first + done, count, zeros);
    }
}

/* A stretch of hop lags, or less at the end. Returns 0 if samples are not finite. */
static int FN(stretch)(tsc_job *job, const FN(plan) *plan, FN(work) *work, idx start)
{
    const tsc_shape *shape = &plan->shape;
    const int item = job->is_double ? 8 : 4;
    const char *x = (const char *)job->x + start * item;
    const idx n = job->n - start < shape->span ? job->n - start : shape->span;
    const void *whole = x;
    idx l, k, b, longest;
    int suspicious = shape->kind == TSC_DIRECT;
    if (n < shape->span && shape->kind != TSC_FOUR_STEP) {
        char *pad = work->padded;
        memcpy(pad, x, (size_t)(n * item));
        for (k = n; k < shape->span; k++)
            memcpy(pad + k * item, x + (n - 1) * item, (size_t)item);
        whole = pad;
    }
    FN(forward_blocks)(plan, work, whole, job->is_double, n, work->bounds);
    for (b = 0; b < shape->n_blocks; b++) {
        double norm = work->bounds[b];
        const int safe = sizeof(REAL) == 8 || shape->kind == TSC_DIRECT;
        suspicious |= !(norm < 1e15);
        work->bounds[b] = safe || (norm > 1e-15 && norm < 1e15) ? job->epsilon * norm : INFINITY;
    }
    if (suspicious && !job->trusted) {
        const int finite = job->is_double ? FN(finite_of_double)((const double *)x, n)
                                          : FN(finite_of_float)((const float *)x, n);
        double top = 0.0;
        if (job->is_double)
            for (k = 0; k < n; k++) {
                const double a = fabs(((const double *)x)[k]);
                top = a > top ? a : top;
            }
        if (!finite || top > 1e150)
            return 0;
    }
    for (l = longest = 0; l < job->n_lengths; l++)
        longest = job->lengths[l].m > longest ? job->lengths[l].m : longest;
    if (longest <= RUN)
        ; /* no cells are needed */
    else if (job->is_double)
        FN(survey_of_double)((const double *)x, n, work->windows.mean, work->windows.square_about);
    else
        FN(survey_of_float)((const float *)x, n, work->windows.mean, work->windows.square_about);
    for (l = 0; l < job->n_lengths; l++) {
        tsc_length *length = job->lengths + l;
        idx n_lags = job->n_lags - start < shape->hop ? job->n_lags - start : shape->hop;
        if (n_lags > n - length->m + 1)
            n_lags = n - length->m + 1;
        if (n_lags <= 0)
            continue;
        if (length->n_searches == 1) {
            const idx step = windows_chunk(length->m);
            const idx group = step < CHUNK ? CHUNK / step * step : step;
            idx first;
            FN(inverse_blocks)(plan, work, length->searches->spectrum, work->numerators);
            for (first = 0; first < n_lags; first += group) {
                const idx count = n_lags - first < group ? n_lags - first : group;
                FN(norms)(job, length, work, x, n, start, first, count, work->inverse);
                FN(finish)(job, length->searches, plan, work, work->inverse, start, first, count);
            }
        } else {
            FN(norms)(job, length, work, x, n, start, 0, n_lags, work->inverse);
            for (k = 0; k < length->n_searches; k++) {
                tsc_search *search = length->searches + k;
                FN(inverse_blocks)(plan, work, search->spectrum, work->numerators);
                FN(finish)(job, search, plan, work, work->inverse, start, 0, n_lags);
            }
        }
    }
    return 1;
}

static void FN(again)(const void *x, int is_double, const double *taps, idx m, const int64_t *lags,
                      idx n, double *scores)
{
    idx i;
    for (i = 0; i < n; i++)
        scores[i] = is_double ? FN(score_of_double)((const double *)x + lags[i], taps, m)
                              : FN(score_of_float)((const float *)x + lags[i], taps, m);
}

static int FN(run)(const void *p, void *w, tsc_job *job)
{
    const FN(plan) *plan = p;
    FN(work) *work = w;
    idx start;
    if (!work->inverse) { /* not allocated for numerators alone */
        const tsc_shape *shape = &plan->shape;
        const idx cells = shape->span / RUN + 1, room = CHUNK + 64;
        windows *windows = &work->windows;
        work->inverse = tsc_allocate((size_t)(shape->hop > CHUNK ? shape->hop : CHUNK) * sizeof(REAL));
        work->numerators = tsc_allocate((size_t)shape->hop * sizeof(REAL));
        work->bounds = tsc_allocate((size_t)shape->n_blocks * sizeof(double));
        work->padded = tsc_allocate(shape->kind == TSC_FOUR_STEP ? 8 : (size_t)shape->span * 8);
        windows->left = tsc_allocate((size_t)(7 * room + 2 * cells) * sizeof(double));
        if (!work->inverse || !work->numerators || !work->bounds || !work->padded || !windows->left)
            return -1;
        windows->left2 = windows->left + room;
        windows->energy = windows->left2 + room;
        windows->sum = windows->energy + room;
        windows->square = windows->sum + room;
        windows->edge = windows->square + room;
        windows->edge2 = windows->edge + room;
        windows->mean = windows->edge2 + room;
        windows->square_about = windows->mean + cells;
    }
    for (start = 0; start < job->n_lags; start += plan->shape.hop)
        if (!FN(stretch)(job, plan, work, start))
            return 0;
    return 1;
}
