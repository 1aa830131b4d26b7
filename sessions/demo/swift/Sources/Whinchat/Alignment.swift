import Foundation

func clampedIndex(_ index: Int, _ count: Int) -> Int {
    min(max(index, 0), count - 1)
}

/// Median over each row, the ends repeated.
func medianFilter(_ rows: [[Float]], width: Int = 7) -> [[Float]] {
    let half = width / 2
    var result = rows
    for row in 0 ..< rows.count {
        for column in 0 ..< rows[row].count {
            var window: [Float] = []
            for shift in -half ... half {
                window.append(rows[row][clampedIndex(column + shift, rows[row].count)])
            }
            result[row][column] = window.sorted()[half]
        }
    }
    return result
}

/// The cheapest monotonic path through cost [T, S]: the first frame of each row.
func warp(_ cost: [[Float]]) -> [Int] {
    let rows = cost.count
    let columns = cost.first?.count ?? 0
    var total = [[Float]](
        repeating: [Float](repeating: .infinity, count: columns + 1), count: rows + 1)
    total[0][0] = 0
    for i in 0 ..< rows {
        for j in 0 ..< columns {
            let best = min(total[i][j], total[i][j + 1], total[i + 1][j])
            total[i + 1][j + 1] = cost[i][j] + best
        }
    }

    var starts = [Int](repeating: 0, count: rows)
    var i = rows
    var j = columns
    while i > 0 && j > 0 {
        starts[i - 1] = j - 1
        let diagonal = total[i - 1][j - 1]
        let up = total[i - 1][j]
        let left = total[i][j - 1]
        if diagonal <= up && diagonal <= left {
            i -= 1
            j -= 1
        } else if up <= left {
            i -= 1
        } else {
            j -= 1
        }
    }
    return starts
}

func tokenTimes(_ weights: [[Float]], secondsPerFrame: Float) -> [Float] {
    let cost = medianFilter(weights).map { row in row.map { -$0 } }
    var times: [Float] = []
    for start in warp(cost) {
        times.append(Float(start) * secondsPerFrame)
    }
    return times
}
