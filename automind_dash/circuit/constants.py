"""Names of the columns in the kernel's two tables of numbers, which it takes beside the state."""

# Columns of `constants`, one row per population (0 excitatory, 1 inhibitory).
(
    LEAK,  # dt g_L / C
    LEAK_REST,  # dt g_L v_rest / C
    SLOPE,  # log2(e) / ΔT, 0 when there is no exponential
    OFFSET,  # log2(dt g_L ΔT / C) - v_thresh log2(e) / ΔT
    INVERSE_C,  # dt / C
    E_EXC,  # reversal potentials
    E_INH,
    W_DECAY,  # 1 - dt / tau_w
    W_GAIN,  # dt a / tau_w
    V_REST,
    GE_DECAY,  # 1 - dt / tau_ge
    GI_DECAY,
    V_RESET,
    W_JUMP,  # b
    Q_E,  # conductance per excitatory spike on this population
    Q_I,
    Q_E_CLUSTER,  # the same within a cluster (equal to Q_E on inhibitory neurons)
    Q_EXTERNAL,
    V_CUT,
    TRACE,  # a conductance below this changes nothing and is kept from decaying further
    EXP_FROM,  # mV; below this the exponential is less than half of v's last bit
) = range(21)
N_CONSTANTS = 21

# Columns of `whole`, integers, one row per population.
(
    FIRST,
    LAST,
    N_DRIVEN,
    HELD_STEPS,
    COUNT_FROM,  # from this many spikes in a step, they are counted instead of delivered singly
) = range(5)
