# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The compiled correlation core: plans, spectra of snippets, numerators of a stretch of signal.

The mathematics is in `__init__.py`, the loops in the C files beside this one.
"""

from libc.math cimport sqrt
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

import numpy as np

cdef extern from "correlator.h" nogil:
    enum:
        TSC_DIRECT
        TSC_LANES
        TSC_FOUR_STEP
    ctypedef struct tsc_shape:
        int kind, lg1, lg2
        ptrdiff_t longest, size, lags, n_blocks, hop, span
        size_t spectrum_bytes
    ctypedef struct tsc_list:
        ptrdiff_t n, room
        int64_t *lags
        float *scores
        int failed
    ctypedef struct tsc_search:
        const void *spectrum
        double floor
        ptrdiff_t width
        double *cells
        float *here
        float *next "next"
        tsc_list found
    ctypedef struct tsc_length:
        ptrdiff_t m, n_searches
        tsc_search *searches
        tsc_list lost
    ctypedef struct tsc_job:
        const void *x
        int is_double, trusted
        ptrdiff_t n, n_lags, offset
        const int64_t *gap_starts
        const int64_t *gap_stops
        ptrdiff_t n_gaps
        int sign
        double tolerance, energy_floor, epsilon
        ptrdiff_t stride
        void *scores
        int scores_are_double
        ptrdiff_t n_lengths
        tsc_length *lengths
    ctypedef struct tsc_engine:
        const char *name
        int lanes, real_bytes
        void *(*make_plan)(int kind, int lg1, int lg2, ptrdiff_t longest) noexcept nogil
        void (*free_plan)(void *plan) noexcept nogil
        const tsc_shape *(*shape)(const void *plan) noexcept nogil
        void *(*make_work)(const void *plan, int several) noexcept nogil
        void (*free_work)(void *work) noexcept nogil
        int (*spectrum)(const void *plan, void *work, const double *taps, ptrdiff_t n, void *out) noexcept nogil
        void (*forward)(const void *plan, void *work, const void *x, int is_double, ptrdiff_t n, double *norms) noexcept nogil
        int (*run)(const void *plan, void *work, tsc_job *job) noexcept nogil
        void (*inverse)(const void *plan, void *work, const void *spectrum, void *numerators) noexcept nogil
        void (*again)(const void *x, int is_double, const double *taps, ptrdiff_t m, const int64_t *lags, ptrdiff_t n, double *scores) noexcept nogil
    const tsc_engine *tsc_find_engine(const char *name, int real_bytes)
    void *tsc_allocate(size_t n_bytes)
    void tsc_release(void *memory)

ctypedef fused samples:
    const float
    const double

ctypedef fused real:
    float
    double

KINDS = {"direct": TSC_DIRECT, "lanes": TSC_LANES, "four-step": TSC_FOUR_STEP}


def lanes_of(name=None, *, bint double=False):
    """Number of lanes of an instruction set (the processor's best by default), 0 if not there."""
    cdef const tsc_engine *engine = _find(name, double)
    return 0 if engine is NULL else engine.lanes


def best():
    """Name of the processor's best instruction set."""
    return tsc_find_engine(NULL, 4).name.decode()


def score_windows(samples[::1] x, const double[::1] taps, const int64_t[::1] lags, *, name=None):
    """Score single windows by the definition, in double precision; constant ones score 0.

    x is finite, taps sum to zero and have unit norm, lags are those of windows inside x.
    """
    cdef const tsc_engine *engine = _find(name, False)
    cdef ptrdiff_t m = taps.shape[0], n = lags.shape[0], k
    cdef double[::1] out
    if engine is NULL:
        raise ValueError(f"this processor cannot run {name!r}")
    if m < 1:
        raise ValueError("a snippet must have samples")
    for k in range(n):
        if lags[k] < 0 or lags[k] + m > x.shape[0]:
            raise ValueError("windows must lie inside the samples")
    scores = np.empty(n)
    if n:
        out = scores
        with nogil:
            engine.again(&x[0], samples is double, &taps[0], m, &lags[0], n, &out[0])
    return scores


cdef const tsc_engine *_find(name, bint double) except? NULL:  # NULL, no error: not there
    cdef bytes label
    if name is None:
        return tsc_find_engine(NULL, 8 if double else 4)
    label = name.encode()
    return tsc_find_engine(label, 8 if double else 4)


cdef class Spectrum:
    """A snippet's spectrum, in the order of one plan."""

    cdef void *memory

    def __dealloc__(self):
        tsc_release(self.memory)


cdef class Work:
    """Memory in which one thread works on one stretch of signal."""

    cdef Plan plan
    cdef const tsc_engine *engine  # the collector may take the plan before this
    cdef void *work
    cdef void *padded

    def __cinit__(self, Plan plan, bint several=False):
        self.plan, self.engine = plan, plan.engine
        self.work = plan.engine.make_work(plan.plan, several)
        if self.work is NULL:
            raise MemoryError("no memory for the correlation's work space")

    def __dealloc__(self):
        if self.work is not NULL:
            self.engine.free_work(self.work)
        tsc_release(self.padded)

    cdef void *tail(self, const void *x, ptrdiff_t n, int item) except NULL:
        """Copy of the last n samples, made up to a whole stretch with the last of them."""
        cdef ptrdiff_t span = self.plan.shape.span, i
        if self.padded is NULL:
            self.padded = tsc_allocate(span * 8)
            if self.padded is NULL:
                raise MemoryError("no memory for the last stretch of the signal")
        memcpy(self.padded, x, n * item)
        for i in range(n, span):
            if item == 8:
                (<double *>self.padded)[i] = (<const double *>x)[n - 1]
            else:
                (<float *>self.padded)[i] = (<const float *>x)[n - 1]
        return self.padded


cdef class Plan:
    """How snippets of at most `longest` samples are correlated with a signal.

    Parameters
    ----------
    kind : {"direct", "lanes", "four-step"}
    lg1, lg2 : int
        Blocks of 2**lg1 samples ("lanes") or 2**(lg1 + lg2) ("four-step").
    longest : int
    double : bool
        Double precision.
    name : str, optional
        Instruction set: "avx512", "avx2", "base" or "plain"; the best by default.
    """

    cdef const tsc_engine *engine
    cdef void *plan
    cdef const tsc_shape *shape

    def __cinit__(self, kind, int lg1, int lg2, ptrdiff_t longest, *, bint double=False, name=None):
        if longest < 1 or lg1 < 0 or lg1 > 40 or lg2 < 0 or lg2 > 40:
            raise ValueError("a plan must have room for a sample and sizes below 2**40")
        self.engine = _find(name, double)
        if self.engine is NULL:
            raise ValueError(f"this processor cannot run {name!r}")
        self.plan = self.engine.make_plan(KINDS[kind], lg1, lg2, longest)
        if self.plan is NULL:
            raise MemoryError("a plan of this size is not possible")
        self.shape = self.engine.shape(self.plan)

    def __dealloc__(self):
        if self.plan is not NULL:
            self.engine.free_plan(self.plan)

    @property
    def hop(self):
        """Lags of a stretch."""
        return self.shape.hop

    @property
    def span(self):
        """Samples of a stretch."""
        return self.shape.span

    @property
    def block_lags(self):
        """Lags of a block: so many share a bound."""
        return self.shape.lags

    @property
    def share(self):
        """1.5 times the root of the longest snippet's share of a block, in the bound of errors."""
        return 0.0 if self.shape.kind == TSC_DIRECT else min(
            1.0, 1.5 * sqrt(self.shape.longest / <double>self.shape.size))

    @property
    def longest(self):
        """Samples of the longest snippet."""
        return self.shape.longest

    @property
    def double(self):
        """Whether numbers are in double precision."""
        return self.engine.real_bytes == 8

    @property
    def kind(self):
        """Kind of block, as given."""
        return next(kind for kind, number in KINDS.items() if number == self.shape.kind)

    @property
    def instructions(self):
        """Name of the instruction set."""
        return self.engine.name.decode()

    @property
    def spectrum_bytes(self):
        """Memory of a snippet's spectrum."""
        return self.shape.spectrum_bytes

    def spectrum(self, const double[::1] taps, Work work):
        """Prepare a snippet."""
        cdef Spectrum out = Spectrum()
        cdef int good
        if taps.shape[0] < 1 or taps.shape[0] > self.shape.longest or work.plan is not self:
            raise ValueError("a snippet must fit its plan, and the work space belong to it")
        out.memory = tsc_allocate(self.shape.spectrum_bytes)
        if out.memory is NULL:
            raise MemoryError("no memory for a snippet's spectrum")
        with nogil:
            good = self.engine.spectrum(self.plan, work.work, &taps[0], taps.shape[0], out.memory)
        if not good:
            raise MemoryError("no memory for a snippet's spectrum")
        return out

    def numerators(self, samples[::1] x, list spectra, Work work, real[:, ::1] out, double[::1] norms=None):
        """Fill `out`, shape (snippets, lags), and the norm of each block of `block_lags` lags.

        Without `norms` blocks are not centred, and taps need not sum to zero.

        x has at least as many samples as the last lag and the longest snippet need.
        """
        cdef ptrdiff_t n_lags = out.shape[1], n = x.shape[0], start, done, k, n_blocks
        cdef ptrdiff_t hop = self.shape.hop, span = self.shape.span, lags = self.shape.lags
        cdef Spectrum spectrum
        cdef const void *at
        cdef bint is_double = samples is double
        cdef int item = sizeof(x[0])
        cdef real *rest = NULL
        cdef double *all_norms
        cdef bint centred = norms is not None
        if (sizeof(real) != self.engine.real_bytes or work.plan is not self
                or n < n_lags or out.shape[0] != len(spectra)
                or (norms is not None and norms.shape[0] < (n_lags + lags - 1) // lags)):
            raise ValueError("numerators must fit their plan")
        rest = <real *>tsc_allocate(hop * sizeof(real))
        all_norms = <double *>tsc_allocate(self.shape.n_blocks * sizeof(double))
        try:
            if rest is NULL or all_norms is NULL:
                raise MemoryError("no memory for numerators")
            start = 0
            while start < n_lags:
                at = <const void *>&x[start]
                if n - start < span and self.shape.kind != TSC_FOUR_STEP:
                    at = work.tail(at, n - start, item)
                done = min(hop, n_lags - start)
                n_blocks = (done + lags - 1) // lags
                with nogil:
                    self.engine.forward(self.plan, work.work, at, is_double, n - start,
                                        all_norms if centred else NULL)
                if centred:
                    memcpy(&norms[start // lags], all_norms, n_blocks * sizeof(double))
                for k in range(len(spectra)):
                    spectrum = spectra[k]
                    if done == hop:
                        with nogil:
                            self.engine.inverse(self.plan, work.work, spectrum.memory, &out[k, start])
                    else:
                        with nogil:
                            self.engine.inverse(self.plan, work.work, spectrum.memory, rest)
                        memcpy(&out[k, start], rest, done * sizeof(real))
                start += hop
        finally:
            tsc_release(rest)
            tsc_release(all_norms)

    def sift(self, samples[::1] x, ptrdiff_t n_lags, list groups, Work work, *, double tolerance,
             double energy_floor, double epsilon, int sign=0, ptrdiff_t offset=0,
             ptrdiff_t stride=1, bint trusted=False, const int64_t[::1] gap_starts=None,
             const int64_t[::1] gap_stops=None, float[::1] single=None, double[::1] wide=None):
        """Score the first `n_lags` lags; list what is high, or write all.

        Parameters
        ----------
        x : ndarray of float32 or float64, shape (n,)
        n_lags : int
            At most n - m + 1 of the shortest snippet; a longer one gets as many as fit.
        groups : list of (m, list of (spectrum, floor, cells, width, here, next))
            The snippets of each length. cells: best score of each `width` lags of the whole
            signal, or None; here, next: room for a sample of the scores, or None.
        work : Work
        tolerance : float
            Error above which a score is listed as NaN, to be done again.
        energy_floor : float
            Share of its energy about a local mean below which a window is lost to rounding.
        epsilon : float
            Times a block's norm: bound of the numerators' error.
        sign : {-1, 0, 1}
        offset : int
            Lag 0 here in the whole signal.
        stride : int
            Of the sample.
        trusted : bool
            Whether x is known to be finite.
        gap_starts, gap_stops : ndarray of int64, optional
            Runs of missing samples, filled with any number; windows that touch one are left out.
        single, wide : ndarray of float32 or float64, shape (n_lags,), optional
            All scores of the only snippet go there, and only those to be done again are listed.

        Returns
        -------
        None if samples are not finite or above 1e150, otherwise a list of (lost, list of (lags,
        scores)): lags whose window has lost its energy, and the listed ones, by group.
        """
        cdef tsc_job job
        cdef tsc_length *lengths = NULL
        cdef tsc_length *length
        cdef tsc_search *search
        cdef Spectrum spectrum
        cdef double[::1] cells
        cdef float[::1] here, after
        cdef ptrdiff_t n = x.shape[0], n_sampled = (n_lags + stride - 1) // stride if stride > 0 else 0
        cdef int done = 1
        cdef bint failed = False
        if (n_lags < 1 or n_lags > n or stride < 1 or work.plan is not self or not groups
                or (gap_starts is None) != (gap_stops is None)
                or (gap_starts is not None and gap_starts.shape[0] != gap_stops.shape[0])
                or (single is not None and single.shape[0] < n_lags)
                or (wide is not None and wide.shape[0] < n_lags)):
            raise ValueError("lags, stride, gaps and room for scores must fit the samples")
        job.x = &x[0]
        job.is_double = samples is double
        job.trusted = trusted
        job.n, job.n_lags, job.offset = n, n_lags, offset
        job.n_gaps = 0
        if gap_starts is not None and gap_starts.shape[0]:
            job.gap_starts, job.gap_stops = &gap_starts[0], &gap_stops[0]
            job.n_gaps = gap_starts.shape[0]
        job.sign, job.tolerance, job.energy_floor, job.epsilon = sign, tolerance, energy_floor, epsilon
        job.stride = stride
        job.scores = NULL
        job.scores_are_double = wide is not None
        if wide is not None:
            job.scores = &wide[0]
        elif single is not None:
            job.scores = &single[0]
        job.n_lengths = len(groups)
        lengths = <tsc_length *>calloc(job.n_lengths, sizeof(tsc_length))
        if lengths is NULL:
            raise MemoryError("no memory for a search")
        job.lengths = lengths
        try:
            for l, (m, searches) in enumerate(groups):
                length = &lengths[<ptrdiff_t>l]
                length.m = m
                if length.m < 1 or length.m > self.shape.longest:
                    raise ValueError("a snippet must fit its plan")
                length.searches = <tsc_search *>calloc(len(searches) or 1, sizeof(tsc_search))
                if length.searches is NULL:
                    raise MemoryError("no memory for a search")
                length.n_searches = len(searches)
                for k, (of_snippet, floor, best, width, first, second) in enumerate(searches):
                    search = &length.searches[<ptrdiff_t>k]
                    spectrum = of_snippet
                    search.spectrum = spectrum.memory
                    search.floor = floor
                    if best is not None:
                        cells = best
                        search.width = width
                        if search.width < 1 or (offset + min(n_lags, n - length.m + 1) - 1
                                                ) // search.width >= cells.shape[0]:
                            raise ValueError("cells must hold all lags")
                        search.cells = &cells[0]
                    if first is not None:
                        here, after = first, second
                        if here.shape[0] < n_sampled or after.shape[0] < n_sampled:
                            raise ValueError("the sample must have room")
                        search.here, search.next = &here[0], &after[0]
            with nogil:
                done = self.engine.run(self.plan, work.work, &job)
            results = []
            for l in range(job.n_lengths):
                length = &lengths[<ptrdiff_t>l]
                failed |= length.lost.failed
                found = []
                for k in range(length.n_searches):
                    search = &length.searches[<ptrdiff_t>k]
                    failed |= search.found.failed
                    found.append(_arrays(&search.found))
                results.append((_arrays(&length.lost)[0], found))
        finally:
            for l in range(job.n_lengths):
                length = &lengths[<ptrdiff_t>l]
                free(length.lost.lags)
                free(length.lost.scores)
                if length.searches is not NULL:
                    for k in range(length.n_searches):
                        free(length.searches[<ptrdiff_t>k].found.lags)
                        free(length.searches[<ptrdiff_t>k].found.scores)
                    free(length.searches)
            free(lengths)
        if failed or done < 0:
            raise MemoryError("no memory for a search")
        return results if done else None


cdef tuple _arrays(const tsc_list *found):
    """Copy a list."""
    lags, scores = np.empty(found.n, np.int64), np.empty(found.n, np.float32)
    cdef int64_t[::1] to_lags = lags
    cdef float[::1] to_scores = scores
    if found.n:
        memcpy(&to_lags[0], found.lags, found.n * sizeof(int64_t))
        memcpy(&to_scores[0], found.scores, found.n * sizeof(float))
    return lags, scores
